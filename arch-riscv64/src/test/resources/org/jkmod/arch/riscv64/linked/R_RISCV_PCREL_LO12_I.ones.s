	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_PCREL_LO12_I, upper; .word 0xfff50513; upper: auipc a0, %pcrel_hi(symbol)
	.word 0x00000013
