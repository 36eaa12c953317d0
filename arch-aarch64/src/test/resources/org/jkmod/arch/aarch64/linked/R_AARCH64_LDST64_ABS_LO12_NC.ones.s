	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_LDST64_ABS_LO12_NC, symbol
	.inst 0xf97ffc83
	.inst 0xd503201f
