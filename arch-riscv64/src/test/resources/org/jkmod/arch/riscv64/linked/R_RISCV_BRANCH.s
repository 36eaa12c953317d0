	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_BRANCH, symbol; .word 0x00b50063
	.word 0x00000013
