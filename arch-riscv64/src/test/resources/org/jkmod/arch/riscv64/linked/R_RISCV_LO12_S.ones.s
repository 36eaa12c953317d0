	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_LO12_S, symbol; .word 0xfeb53fa3
	.word 0x00000013
