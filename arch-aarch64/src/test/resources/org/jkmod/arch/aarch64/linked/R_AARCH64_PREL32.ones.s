	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_PREL32, symbol
	.inst 0xffffffff
	.inst 0xd503201f
