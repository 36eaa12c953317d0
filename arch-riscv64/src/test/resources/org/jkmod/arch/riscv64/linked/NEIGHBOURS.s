	.option norelax
	.text
	.word 0x00000013
	.byte first - second, second - first; .reloc ., R_RISCV_SET6, first; .byte 0; .reloc ., R_RISCV_SET8, second; .byte 0
	.word 0x00000013
