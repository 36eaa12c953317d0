	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SUB6, symbol; .byte 0xea, 1, 2, 3
	.word 0x00000013
