	.option norelax
	.text
	.word 0x00000013
	1: auipc a0, %pcrel_hi(symbol); sd a1, %pcrel_lo(1b)(a0)
	.word 0x00000013
