	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SET16, first; .reloc ., R_RISCV_SUB16, second; .half 0xabcd, 1
	.word 0x00000013
