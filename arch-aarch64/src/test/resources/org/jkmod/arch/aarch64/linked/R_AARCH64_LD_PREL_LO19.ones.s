	.text
	.inst 0xd503201f
	.reloc ., R_AARCH64_LD_PREL_LO19, symbol
	.inst 0x58ffffe3
	.inst 0xd503201f
