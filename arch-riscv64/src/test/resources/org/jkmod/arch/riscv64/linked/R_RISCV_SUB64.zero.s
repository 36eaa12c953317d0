	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_SUB64, symbol; .dword 0
	.word 0x00000013
