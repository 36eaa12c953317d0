	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_PREL_G2_NC, symbol
	.inst 0xf2dfffe3
	.inst 0xd503201f
