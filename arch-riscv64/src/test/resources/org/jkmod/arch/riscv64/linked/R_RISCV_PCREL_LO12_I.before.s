	.option norelax
	.text
	.word 0x00000013
	j 2f; 1: ld a1, %pcrel_lo(2f)(a0); sd a1, %pcrel_lo(2f)(a0); 2: auipc a0, %pcrel_hi(symbol); j 1b
	.word 0x00000013
