	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_JAL, symbol; .word 0xffffffef
	.word 0x00000013
