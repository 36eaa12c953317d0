	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_PREL_G2, symbol
	.inst 0xd2dfffe3
	.inst 0xd503201f
