	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SET8, first; .reloc ., R_RISCV_SUB8, second; .byte 0x80, 1, 2, 3
	.word 0x00000013
