	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_SABS_G1, symbol
	.inst 0xd2bfffe3
	.inst 0xd503201f
