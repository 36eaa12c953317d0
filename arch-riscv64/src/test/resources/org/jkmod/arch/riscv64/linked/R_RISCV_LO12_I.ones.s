	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_LO12_I, symbol; .word 0xfff50513
	.word 0x00000013
