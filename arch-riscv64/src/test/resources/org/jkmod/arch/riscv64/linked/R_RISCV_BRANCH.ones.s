	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_BRANCH, symbol; .word 0xfeb50fe3
	.word 0x00000013
