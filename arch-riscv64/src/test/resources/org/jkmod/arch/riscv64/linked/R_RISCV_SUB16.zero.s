	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SUB16, symbol; .half 0, 1
	.word 0x00000013
