	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SET32, symbol; .word 0xabcdef01
	.word 0x00000013
