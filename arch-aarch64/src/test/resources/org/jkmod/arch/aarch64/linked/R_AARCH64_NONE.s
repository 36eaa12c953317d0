	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_NONE, symbol; nop
	.inst 0xd503201f
