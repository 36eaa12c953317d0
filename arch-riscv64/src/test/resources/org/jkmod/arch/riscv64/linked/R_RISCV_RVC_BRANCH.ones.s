	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_RVC_BRANCH, symbol; .half 0xdd7d; c.nop
	.word 0x00000013
