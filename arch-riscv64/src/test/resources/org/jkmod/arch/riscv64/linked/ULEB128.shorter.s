	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SET_ULEB128, first; .reloc ., R_RISCV_SUB_ULEB128, second; .byte 0, 1, 2, 3
	.word 0x00000013
