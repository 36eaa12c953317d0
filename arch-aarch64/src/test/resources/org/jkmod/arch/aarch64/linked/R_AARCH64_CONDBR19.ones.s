	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_CONDBR19, symbol
	.inst 0x54ffffe1
	.inst 0xd503201f
