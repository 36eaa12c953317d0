	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_LDST128_ABS_LO12_NC, symbol
	.inst 0x3dfffc83
	.inst 0xd503201f
