	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SET32, first; .reloc ., R_RISCV_SUB32, second; .word 0xabcdef01
	.word 0x00000013
