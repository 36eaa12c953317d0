	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_ADD64, symbol; .dword 0
	.word 0x00000013
