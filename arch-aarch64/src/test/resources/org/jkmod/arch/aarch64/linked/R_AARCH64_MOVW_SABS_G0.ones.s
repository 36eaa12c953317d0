	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_SABS_G0, symbol
	.inst 0xd29fffe3
	.inst 0xd503201f
