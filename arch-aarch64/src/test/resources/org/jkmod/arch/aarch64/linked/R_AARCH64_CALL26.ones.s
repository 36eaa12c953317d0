	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_CALL26, symbol
	.inst 0x97ffffff
	.inst 0xd503201f
