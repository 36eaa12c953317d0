	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_32_PCREL, symbol; .word 0
	.word 0x00000013
