	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_TSTBR14, symbol
	.inst 0xb60fffe3
	.inst 0xd503201f
