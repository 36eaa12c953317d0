	.option norelax
	.text
	.word 0x00000013
	auipc a0, %pcrel_hi(symbol)
	.word 0x00000013
