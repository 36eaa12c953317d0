	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_ADR_PREL_PG_HI21_NC, symbol
	.inst 0xf0ffffe3
	.inst 0xd503201f
