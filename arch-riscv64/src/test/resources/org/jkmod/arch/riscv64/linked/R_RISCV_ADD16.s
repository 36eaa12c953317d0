	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_ADD16, symbol; .half 0xabcd, 1
	.word 0x00000013
