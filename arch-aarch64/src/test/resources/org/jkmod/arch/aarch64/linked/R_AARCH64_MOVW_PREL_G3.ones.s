	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_PREL_G3, symbol
	.inst 0xd2ffffe3
	.inst 0xd503201f
