"""The route that reads articles: their quotes, who said them, and how they were meant."""

from fastapi import APIRouter, Depends, Request

from serve.articleschemas import ArticleAnswer, ArticleRequest, article_answer
from serve.asking import TIMEOUT, ask_article, read_article, service_of
from serve.bodies import StrictRoute
from serve.native import require_json
from serve.problems import documented

router = APIRouter(
    route_class=StrictRoute,
    dependencies=[Depends(require_json)],
    responses=documented(400, 401, 408, 413, 415, 422, 429, 503, 504),
    tags=["article"],
)


@router.post("/v1/article", openapi_extra=TIMEOUT)
async def article(body: ArticleRequest, request: Request) -> ArticleAnswer:
    """Find the quotes in an article, name their speakers and judge them; places are counted in Unicode characters."""
    text = read_article(body.text, service_of(request).settings)
    answered = await ask_article(request, text)
    engine = answered.engine
    return article_answer(answered.article, engine.bundle, engine.pointer, exact=engine.exact)
