	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SUB8, symbol; .byte 0, 1, 2, 3
	.word 0x00000013
