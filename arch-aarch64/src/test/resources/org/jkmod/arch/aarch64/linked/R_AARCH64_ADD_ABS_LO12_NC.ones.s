	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_ADD_ABS_LO12_NC, symbol
	.inst 0x913ffc83
	.inst 0xd503201f
