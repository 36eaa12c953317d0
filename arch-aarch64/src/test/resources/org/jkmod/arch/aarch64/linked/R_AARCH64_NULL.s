	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_NULL, symbol; nop
	.inst 0xd503201f
