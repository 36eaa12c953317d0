	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_HI20, symbol; .word 0xfffff537
	.word 0x00000013
