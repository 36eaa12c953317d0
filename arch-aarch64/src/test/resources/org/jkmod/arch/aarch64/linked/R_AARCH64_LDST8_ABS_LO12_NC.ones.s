	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_LDST8_ABS_LO12_NC, symbol
	.inst 0x397ffc83
	.inst 0xd503201f
