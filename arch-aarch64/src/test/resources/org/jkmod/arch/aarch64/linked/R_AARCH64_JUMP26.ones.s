	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_JUMP26, symbol
	.inst 0x17ffffff
	.inst 0xd503201f
