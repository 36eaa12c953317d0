	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_MOVW_PREL_G0_NC, symbol
	.inst 0xf29fffe3
	.inst 0xd503201f
