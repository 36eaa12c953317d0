	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_ADD64, symbol; .dword 0xabcdef0123456789
	.word 0x00000013
