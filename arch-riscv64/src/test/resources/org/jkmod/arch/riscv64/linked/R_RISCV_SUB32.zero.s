	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SUB32, symbol; .word 0
	.word 0x00000013
