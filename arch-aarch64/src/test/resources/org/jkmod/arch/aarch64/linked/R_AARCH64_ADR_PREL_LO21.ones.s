	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_ADR_PREL_LO21, symbol
	.inst 0x70ffffe3
	.inst 0xd503201f
