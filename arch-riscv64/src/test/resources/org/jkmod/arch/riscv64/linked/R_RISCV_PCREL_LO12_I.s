	.option norelax
	.text
	.word 0x00000013
	1: auipc a0, %pcrel_hi(symbol); addi a0, a0, %pcrel_lo(1b)
	.word 0x00000013
