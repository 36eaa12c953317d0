	.text
	.inst 0xd503201f
	movz x3, #:prel_g2:symbol
	.inst 0xd503201f
