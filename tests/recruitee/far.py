"""A Recruitee on a raw socket that answers with exactly the bytes a test tells it to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.core.recruitee.client import Answer, Company, RecruiteeClient, open_session
from tests.net.receiver import Answer as Bytes
from tests.net.receiver import always

TOKEN = "a-personal-api-token"
COMPANY = Company("5600", TOKEN)
