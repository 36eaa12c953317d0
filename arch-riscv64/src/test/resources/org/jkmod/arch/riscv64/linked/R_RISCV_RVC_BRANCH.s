	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_RVC_BRANCH, symbol; .half 0xc101; c.nop
	.word 0x00000013
