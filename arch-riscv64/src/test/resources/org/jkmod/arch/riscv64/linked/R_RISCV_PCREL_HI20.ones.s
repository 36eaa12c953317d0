	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_PCREL_HI20, symbol; .word 0xfffff517
	.word 0x00000013
