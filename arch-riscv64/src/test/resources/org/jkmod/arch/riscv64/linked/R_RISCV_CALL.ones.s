	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_CALL, symbol; .word 0xfffff097, 0xfff080e7
	.word 0x00000013
