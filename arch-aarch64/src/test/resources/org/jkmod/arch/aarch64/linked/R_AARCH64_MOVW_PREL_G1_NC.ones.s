	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_PREL_G1_NC, symbol
	.inst 0xf2bfffe3
	.inst 0xd503201f
