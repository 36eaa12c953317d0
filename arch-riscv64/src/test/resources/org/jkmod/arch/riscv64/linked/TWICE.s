	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_ADD32, first; .reloc ., R_RISCV_ADD32, first + 1; .reloc ., R_RISCV_SUB32, second; .word 0
	.word 0x00000013
